{#- One head of 32 channels in one subgroup of eight lanes, eight positions (a block) at a time. For software Vulkan alone, see
    README.md. Two ways to hold a block:

    by position: a lane holds all 32 channels of one position, in eight vec4s named x0 .. x7. What runs along the channels needs
    no other lane, and the eight lanes wait for eight cache lines at once.
    by channel: a lane holds four channels of every position, in vec4s named x0 .. x7, one per position.

    A matrix of 32 x 32 is 32 rows, named m0 .. m31, held by channel. -#}

{#- Reads a block by position; `at` is where this lane's position begins. -#}
{%- macro by_position(x, buffer, at) -%}
{%- for i in range(8) %}
    let {{ x }}{{ i }} = {{ buffer }}[{{ at }} + {{ i }}u];
{%- endfor %}
{%- endmacro -%}

{#- Eight new zeros, or 32. -#}
{%- macro zeros(x, count) -%}
{%- for i in range(count) %}
    var {{ x }}{{ i }} = vec4<f32>();
{%- endfor %}
{%- endmacro -%}

{#- Where a block read by channel lies at `at`, of which each lane reads its own position first: a number below all others. The
    lanes so wait for its cache lines together, and not for one position's after the other's. -#}
{%- macro ahead(buffer, at) -%}
min(max({{ buffer }}[{{ at }}].x, {{ buffer }}[{{ at }} + 4u].x), -3.4e38)
{%- endmacro -%}

{#- `p` = softmax of x over the channels, by position; `below` is no larger than any of them. -#}
{%- macro softmax(p, x, below) %}
    let {{ x }}_top = max(max(max({{ x }}0, {{ x }}1), max({{ x }}2, {{ x }}3)), max(max({{ x }}4, {{ x }}5), max({{ x }}6, {{ x }}7)));
    let {{ x }}_peak = max(max(max({{ x }}_top.x, {{ x }}_top.y), max({{ x }}_top.z, {{ x }}_top.w)), {{ below }});
{%- for i in range(8) %}
    let {{ x }}_power{{ i }} = exp({{ x }}{{ i }} - {{ x }}_peak);
{%- endfor %}
    let {{ x }}_total = (({{ x }}_power0 + {{ x }}_power1) + ({{ x }}_power2 + {{ x }}_power3)) + (({{ x }}_power4 + {{ x }}_power5) + ({{ x }}_power6 + {{ x }}_power7));
    let {{ x }}_share = 1.0 / (({{ x }}_total.x + {{ x }}_total.y) + ({{ x }}_total.z + {{ x }}_total.w));
{%- for i in range(8) %}
    let {{ p }}{{ i }} = {{ x }}_share * {{ x }}_power{{ i }};
{%- endfor %}
{%- endmacro -%}

{#- The matrix m += a^T b over the positions of a block; a by position, b by channel. -#}
{%- macro add_outer(m, a, b) -%}
{%- for i in range(32) %}
{%- for l in range(8) %}
    {{ m }}{{ i }} = fma(vec4<f32>(subgroupBroadcast({{ a }}{{ i // 4 }}[{{ i % 4 }}], {{ l }}u)), {{ b }}{{ l }}, {{ m }}{{ i }});
{%- endfor %}
{%- endfor %}
{%- endmacro -%}

{#- The block y = a m; a by position, y by channel. -#}
{%- macro product(y, a, m) -%}
{{ zeros(y, 8) }}
{%- for i in range(32) %}
{%- for l in range(8) %}
    {{ y }}{{ l }} = fma(vec4<f32>(subgroupBroadcast({{ a }}{{ i // 4 }}[{{ i % 4 }}], {{ l }}u)), {{ m }}{{ i }}, {{ y }}{{ l }});
{%- endfor %}
{%- endfor %}
{%- endmacro -%}
