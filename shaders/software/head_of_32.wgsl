{#- One head of 32 channels in eight lanes of a subgroup of `lanes`, eight positions (a block) at a time. For software Vulkan alone, see
    README.md. Two ways to hold a block:

    by position: a lane holds all 32 channels of one position, in eight vec4s named x0 .. x7. Sums over channels need no other
    lane, and eight cache lines are in flight at once.
    by channel: a lane holds four channels of every position, in vec4s named x0 .. x7, one per position.

    A matrix of 32 x 32 is 32 rows, named m0 .. m31, by channel. -#}

{%- from "software/eight_lanes.wgsl" import broadcast -%}

{#- Loads a block by position; `at` is the index of this lane's position. -#}
{%- macro by_position(x, buffer, at) -%}
{%- for i in range(8) %}
    let {{ x }}{{ i }} = {{ buffer }}[{{ at }} + {{ i }}u];
{%- endfor %}
{%- endmacro -%}

{#- Declares `count` zeros: a block or a matrix. -#}
{%- macro zeros(x, count) -%}
{%- for i in range(count) %}
    var {{ x }}{{ i }} = vec4<f32>();
{%- endfor %}
{%- endmacro -%}

{#- Prefetches a block that is about to be loaded by channel: each lane touches both cache lines of one position, so that all of
    them are in flight at once. Only a few bits of the loaded values are kept, in the mantissa of a number close to the lowest of all:
    it cannot change a maximum that it is put into, even if the values are NaN. Put it into one, or the loads are removed as unused. -#}
{%- macro prefetch(buffer, at) -%}
bitcast<f32>(((bitcast<u32>({{ buffer }}[{{ at }}].x) ^ bitcast<u32>({{ buffer }}[{{ at }} + 4u].x)) & 0xffffu) | 0xff7f0000u)
{%- endmacro -%}

{#- p = softmax of x over the channels, by position. lower_bound: no larger than any element of x. -#}
{%- macro softmax(p, x, lower_bound) %}
    let {{ x }}_max4 = max(max(max({{ x }}0, {{ x }}1), max({{ x }}2, {{ x }}3)), max(max({{ x }}4, {{ x }}5), max({{ x }}6, {{ x }}7)));
    let {{ x }}_max = max(max(max({{ x }}_max4.x, {{ x }}_max4.y), max({{ x }}_max4.z, {{ x }}_max4.w)), {{ lower_bound }});
{%- for i in range(8) %}
    let {{ x }}_exp{{ i }} = exp({{ x }}{{ i }} - {{ x }}_max);
{%- endfor %}
    let {{ x }}_sum4 = (({{ x }}_exp0 + {{ x }}_exp1) + ({{ x }}_exp2 + {{ x }}_exp3)) + (({{ x }}_exp4 + {{ x }}_exp5) + ({{ x }}_exp6 + {{ x }}_exp7));
    let {{ x }}_scale = 1.0 / (({{ x }}_sum4.x + {{ x }}_sum4.y) + ({{ x }}_sum4.z + {{ x }}_sum4.w));
{%- for i in range(8) %}
    let {{ p }}{{ i }} = {{ x }}_scale * {{ x }}_exp{{ i }};
{%- endfor %}
{%- endmacro -%}

{#- The matrix m += a^T b over the positions of a block; a by position, b by channel. -#}
{%- macro add_outer(m, a, b, lanes) -%}
{%- for i in range(32) %}
{%- for l in range(8) %}
    {{ m }}{{ i }} = fma(vec4<f32>({{ broadcast(a ~ (i // 4) ~ "[" ~ (i % 4) ~ "]", l, lanes) }}), {{ b }}{{ l }}, {{ m }}{{ i }});
{%- endfor %}
{%- endfor %}
{%- endmacro -%}

{#- The block y = a m; a by position, y by channel. -#}
{%- macro product(y, a, m, lanes) -%}
{{ zeros(y, 8) }}
{%- for i in range(32) %}
{%- for l in range(8) %}
    {{ y }}{{ l }} = fma(vec4<f32>({{ broadcast(a ~ (i // 4) ~ "[" ~ (i % 4) ~ "]", l, lanes) }}), {{ m }}{{ i }}, {{ y }}{{ l }});
{%- endfor %}
{%- endfor %}
{%- endmacro -%}
