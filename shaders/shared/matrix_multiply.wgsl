// Inside main: adds the product of the staged slices to the sums of this subgroup.
//
// a_k_contiguous, b_k_contiguous: whether lines of the slices of A and B are contiguous in k.
{% set fragment = "coop_mat" ~ matrix ~ "x" ~ matrix %}
{% set element = 1 if matrix == 8 else 4 %}
for (var depth = 0u; depth < {{ chunk }}u; depth += {{ matrix }}u) {
    {% for j in range(own_columns // matrix) %}
    {% if b_k_contiguous %}
    let b_at_{{ j }} = ((own.y + {{ j * matrix }}u) * {{ b_pitch }}u + depth) / {{ element }}u;
    {% else %}
    let b_at_{{ j }} = (depth * {{ b_pitch }}u + own.y + {{ j * matrix }}u) / {{ element }}u;
    {% endif %}
    {% if not emulated %}
    let right_{{ j }} = coopLoad{{ "" if b_k_contiguous else "T" }}<{{ fragment }}<f16, B>>(&b_slice[b_at_{{ j }}], {{ b_pitch // element }}u);
    {% endif %}
    {% endfor %}
    {% for i in range(own_rows // matrix) %}
    {% if a_k_contiguous %}
    let a_at_{{ i }} = ((own.x + {{ i * matrix }}u) * {{ a_pitch }}u + depth) / {{ element }}u;
    {% else %}
    let a_at_{{ i }} = (depth * {{ a_pitch }}u + own.x + {{ i * matrix }}u) / {{ element }}u;
    {% endif %}
    {% if not emulated %}
    let left_{{ i }} = coopLoad{{ "T" if a_k_contiguous else "" }}<{{ fragment }}<f16, A>>(&a_slice[a_at_{{ i }}], {{ a_pitch // element }}u);
    {% endif %}
    {% for j in range(own_columns // matrix) %}
    {% if emulated %}
    {% include "shared/matrix_emulated.wgsl" %}
    {% else %}
    sum_{{ i }}_{{ j }} = coopMultiplyAdd(left_{{ i }}, right_{{ j }}, sum_{{ i }}_{{ j }});
    {% endif %}
    {% endfor %}
    {% endfor %}
}
