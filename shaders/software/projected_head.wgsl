{#- One head of 32 channels of a linear attention that contains its projections, in eight lanes of a subgroup of `lanes`, `block` positions
    at a time. For software Vulkan alone, see README.md. x has C channels. Three layouts:

    by position: a lane holds the C channels of one position, in vec4s named x0, x1 ..; where a block has fewer than eight positions,
    the channels of position l are distributed over the lanes l, l + block, l + 2 block .., vec4 by vec4.
    by depth: a lane holds four of the head's channels, 4 lane + component, in a vec4.
    by channel: a lane holds C / 8 of the C channels, (C / 8) lane + component, in a Row.

    Names end in the number of the position, of the channel or of the row. -#}

{%- from "software/eight_lanes.wgsl" import broadcast -%}

{#- Loads a block by position; `at` is the index of its first quad. -#}
{%- macro by_position(x, buffer, at, channels, block) -%}
{%- for j in range(channels * block // 32) %}
    let {{ x }}{{ j }} = {{ buffer }}[{{ at }} + (lane % {{ block }}u) * {{ channels // 4 }}u + {{ j * (8 // block) }}u + lane / {{ block }}u];
{%- endfor %}
{%- endmacro -%}

{#- Channel c of position l of a block by position, in every lane. -#}
{%- macro channel(x, c, l, block, lanes) -%}
{%- set quads = 8 // block -%}
{{ broadcast(x ~ (c // 4 // quads) ~ "[" ~ (c % 4) ~ "]", l + block * (c // 4 % quads), lanes) }}
{%- endmacro -%}

{#- Channel i of the head, of a vector by depth, in every lane. -#}
{%- macro depth(v, i, lanes) -%}
{{ broadcast(v ~ "[" ~ (i % 4) ~ "]", i // 4, lanes) }}
{%- endmacro -%}

{#- Declares `count` zeros of a type. -#}
{%- macro zeros(x, count, type) -%}
{%- for i in range(count) %}
    var {{ x }}{{ i }} = {{ type }}();
{%- endfor %}
{%- endmacro -%}

{#- y = x w for a block: x by position, rows of w and y by depth. -#}
{%- macro project(y, x, w, channels, block, lanes) -%}
{{ zeros(y, block, "vec4<f32>") }}
{%- for c in range(channels) %}
{%- for l in range(block) %}
    {{ y }}{{ l }} = fma(vec4<f32>({{ channel(x, c, l, block, lanes) }}), {{ w }}{{ c }}, {{ y }}{{ l }});
{%- endfor %}
{%- endfor %}
{%- endmacro -%}

{#- w += x^T y over a block: x by position, y and the rows of w by depth. -#}
{%- macro add_outer(w, x, y, channels, block, lanes) -%}
{%- for c in range(channels) %}
{%- for l in range(block) %}
    {{ w }}{{ c }} = fma(vec4<f32>({{ channel(x, c, l, block, lanes) }}), {{ y }}{{ l }}, {{ w }}{{ c }});
{%- endfor %}
{%- endfor %}
{%- endmacro -%}

{#- z += y m for a block: y by depth, rows of m and z by channel. -#}
{%- macro add_mixed(z, y, m, block, lanes) -%}
{%- for i in range(32) %}
{%- for l in range(block) %}
    {{ z }}{{ l }} = fma(Row({{ depth(y ~ l, i, lanes) }}), {{ m }}{{ i }}, {{ z }}{{ l }});
{%- endfor %}
{%- endfor %}
{%- endmacro -%}

{#- Rows by depth, c of [C, 32], of the transpose of a matrix [32, C] in quads whose index is `at`. -#}
{%- macro transposed_by_depth(m, buffer, at, channels) -%}
{%- for q in range(channels // 4) %}
{%- for j in range(4) %}
    let {{ m }}_{{ j }}_{{ q }} = {{ buffer }}[{{ at }} + (4u * lane + {{ j }}u) * {{ channels // 4 }}u + {{ q }}u];
{%- endfor %}
{%- for k in range(4) %}
    let {{ m }}{{ 4 * q + k }} = vec4<f32>({% for j in range(4) %}{{ m }}_{{ j }}_{{ q }}[{{ k }}]{{ ", " if not loop.last }}{% endfor %});
{%- endfor %}
{%- endfor %}
{%- endmacro -%}

{#- Rows by channel, i of [32, C], of the transpose of a matrix [C, 32] in quads: the index of row c is `at` + c `pitch`. -#}
{%- macro transposed_by_channel(m, buffer, at, pitch, channels) -%}
{%- for q in range(8) %}
{%- for r in range(channels // 8) %}
    let {{ m }}_{{ r }}_{{ q }} = {{ buffer }}[{{ at }} + ({{ channels // 8 }}u * lane + {{ r }}u) * {{ pitch }} + {{ q }}u];
{%- endfor %}
{%- for k in range(4) %}
    let {{ m }}{{ 4 * q + k }} = Row({% for r in range(channels // 8) %}{{ m }}_{{ r }}_{{ q }}[{{ k }}]{{ ", " if not loop.last }}{% endfor %});
{%- endfor %}
{%- endfor %}
{%- endmacro -%}

{#- p = softmax of x over the head's channels, for each position of a block; all by depth. -#}
{%- macro softmax(p, x, block) -%}
{%- for l in range(block) %}
    let {{ x }}_exp{{ l }} = exp({{ x }}{{ l }} - over_depth_max({{ x }}{{ l }}, invocation));
    let {{ p }}{{ l }} = {{ x }}_exp{{ l }} * (1.0 / over_depth_sum({{ x }}_exp{{ l }}, invocation));
{%- endfor %}
{%- endmacro -%}
