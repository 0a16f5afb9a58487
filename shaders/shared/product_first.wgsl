// Inside main: where this invocation loads its part of the slices of A and B, and the first slices, for the tile and the matrix variant
// of the inner form. It loads the same quad of k of every {{ invocations // quads }}th row of A.
let a_k = invocation % {{ quads }}u * 4u;
let a_row = invocation / {{ quads }}u;
{% if not b_transposed %}
let b_column = invocation % {{ columns // 4 }}u;
let b_k = invocation / {{ columns // 4 }}u;
{% endif %}
var tap = 0u;
var k = 0u;
{% for i in range(a_loads) %}
let start_{{ i }} = a_start(min(row + a_row + {{ i * invocations // quads }}u, params.m - 1u), workgroup.z);
var offset_{{ i }} = a_offset(start_{{ i }}, tap);
var a_{{ i }}: {{ staged }};
{% endfor %}
{% for i in range(b_loads) %}
var b_{{ i }}: {{ staged }};
{% endfor %}
{% if ahead %}
{% include "shared/product_load.wgsl" %}
{% endif %}
