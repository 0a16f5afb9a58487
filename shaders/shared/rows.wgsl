{#- Rows of `d` numbers as groups of four, the last one filled up with zeros. A buffer is bound as vec4 where four divides d,
    else as f32; `count` says in how many groups a row comes, `type` what the buffer holds. -#}
{%- macro type(d) %}{% if d % 4 == 0 %}vec4<f32>{% else %}f32{% endif %}{% endmacro -%}
{%- macro count(d) %}{{ (d + 3) // 4 }}{% endmacro -%}
{#- Group `v` of row `row`. -#}
{%- macro load(buffer, row, v, d) -%}
{%- if d % 4 == 0 -%}
{{ buffer }}[({{ row }}) * {{ d // 4 }}u + {{ v }}u]
{%- else -%}
vec4<f32>({% for c in range(4 * v, 4 * v + 4) %}{% if c < d %}{{ buffer }}[({{ row }}) * {{ d }}u + {{ c }}u]{% else %}0.0{% endif %}{% if not loop.last %}, {% endif %}{% endfor %})
{%- endif -%}
{%- endmacro -%}
{#- Writes `value`, the name of a vec4, to group `v` of row `row`. -#}
{%- macro store(buffer, row, v, d, value) -%}
{%- if d % 4 == 0 -%}
{{ buffer }}[({{ row }}) * {{ d // 4 }}u + {{ v }}u] = {{ value }};
{%- else -%}
{% for c in range(4 * v, 4 * v + 4) %}{% if c < d %}{{ buffer }}[({{ row }}) * {{ d }}u + {{ c }}u] = {{ value }}[{{ c % 4 }}];
{% endif %}{% endfor %}
{%- endif -%}
{%- endmacro -%}
