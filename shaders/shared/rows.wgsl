{#- Rows of `d` floats as quads, the last one padded with zeros. A buffer is bound as vec4 where 4 divides d, else as f32: `type`.
    `count` is the number of quads of a row. -#}
{%- macro type(d) %}{% if d % 4 == 0 %}vec4<f32>{% else %}f32{% endif %}{% endmacro -%}
{%- macro count(d) %}{{ (d + 3) // 4 }}{% endmacro -%}
{#- Quad `v` of row `row`. -#}
{%- macro load(buffer, row, v, d) -%}
{%- if d % 4 == 0 -%}
{{ buffer }}[({{ row }}) * {{ d // 4 }}u + {{ v }}u]
{%- else -%}
vec4<f32>({% for c in range(4 * v, 4 * v + 4) %}{% if c < d %}{{ buffer }}[({{ row }}) * {{ d }}u + {{ c }}u]{% else %}0.0{% endif %}{% if not loop.last %}, {% endif %}{% endfor %})
{%- endif -%}
{%- endmacro -%}
{#- Stores `value`, the name of a vec4, to quad `v` of row `row`. -#}
{%- macro store(buffer, row, v, d, value) -%}
{%- if d % 4 == 0 -%}
{{ buffer }}[({{ row }}) * {{ d // 4 }}u + {{ v }}u] = {{ value }};
{%- else -%}
{% for c in range(4 * v, 4 * v + 4) %}{% if c < d %}{{ buffer }}[({{ row }}) * {{ d }}u + {{ c }}u] = {{ value }}[{{ c % 4 }}];
{% endif %}{% endfor %}
{%- endif -%}
{%- endmacro -%}
