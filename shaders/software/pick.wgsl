{# The i-th of several variables, which are called `before`, a number and `after`: a tree of selections by the bits of i. Mesa would
unroll a loop that compares i with numbers. #}
{% macro pick(before, numbers, after) -%}
{% set n = numbers | length -%}
{% if n == 1 -%}
{{ before }}{{ numbers[0] }}{{ after }}
{%- else -%}
{% set half = 16 if n > 16 else 8 if n > 8 else 4 if n > 4 else 2 if n > 2 else 1 -%}
select({{ pick(before, numbers[:half], after) }}, {{ pick(before, numbers[half:], after) }}, (i & {{ half }}u) != 0u)
{%- endif %}
{%- endmacro %}
