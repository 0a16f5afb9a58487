// Inside main: where this invocation loads its part of the slices of A and B, and the first slices, for the tile and the matrix variant
// of the outer form.
let a_row = invocation % {{ rows // 4 }}u;
let a_k = invocation / {{ rows // 4 }}u;
let b_column = invocation % {{ columns // 4 }}u;
let b_k = invocation / {{ columns // 4 }}u;
var k = first;
{% for i in range(a_loads) %}
var a_{{ i }}: {{ staged }};
{% endfor %}
{% for i in range(b_loads) %}
var b_{{ i }}: {{ staged }};
{% endfor %}
{% if ahead %}
{% include "shared/outer_load.wgsl" %}
{% endif %}
