// Inside main: advances to the next slices; `last` is true where there are none. With `ahead`, their loads are in flight while the
// product of the staged slices is computed; beyond the end they are zeros.
k += {{ chunk }}u;
let last = k >= end;
{% if ahead %}
{% include "shared/outer_load.wgsl" %}
{% endif %}
