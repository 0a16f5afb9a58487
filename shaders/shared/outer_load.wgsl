// Inside main: loads the slices of A and B at `k` into registers, four elements per invocation at a time, for the tile and the matrix
// variant of the outer form.
{% for i in range(a_loads) %}
a_{{ i }} = {{ staged }}(a_quad(a_offset(k + a_k + {{ i * invocations * 4 // rows }}u, end, tap, workgroup.z), row + a_row * 4u));
{% endfor %}
{% for i in range(b_loads) %}
b_{{ i }} = {{ staged }}(b_quad(k + b_k + {{ i * invocations * 4 // columns }}u, end, column + b_column * 4u, workgroup.z));
{% endfor %}
