// Inside main: advances to the next slices; `last` is true where there are none. With `ahead`, their loads are in flight while the
// product of the staged slices is computed; beyond the end they read the last tap.
k += {{ chunk }}u;
{% if taps > 1 %}
if k >= params.k {
    k = 0u;
    tap += 1u;
    {% for i in range(a_loads) %}
    offset_{{ i }} = a_offset(start_{{ i }}, min(tap, {{ taps - 1 }}u));
    {% endfor %}
}
let last = tap == {{ taps }}u;
{% else %}
let last = k >= params.k;
{% endif %}
{% if ahead %}
{% include "shared/product_load.wgsl" %}
{% endif %}
