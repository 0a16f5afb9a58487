// Inside main: loads the slices of A and B at `tap` and `k` into registers, four elements per invocation at a time, for the tile and the
// matrix variant of the inner form. {% if b_transposed %}Both are contiguous in k.{% endif %}
{% set last_tap = "min(tap, " ~ (taps - 1) ~ "u)" if taps > 1 else "0u" %}
{% for i in range(a_loads) %}
a_{{ i }} = {{ staged }}(a_quad(offset_{{ i }}, k + a_k));
{% endfor %}
{% for i in range(b_loads) %}
{% if b_transposed %}
b_{{ i }} = {{ staged }}(b_quad({{ last_tap }}, k + a_k, column + a_row + {{ i * invocations // quads }}u, workgroup.z));
{% else %}
b_{{ i }} = {{ staged }}(b_quad({{ last_tap }}, k + b_k + {{ i * invocations * 4 // columns }}u, column + b_column * 4u, workgroup.z));
{% endif %}
{% endfor %}
