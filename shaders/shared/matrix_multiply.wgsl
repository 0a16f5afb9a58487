// Within main: the sums of this subgroup and one step's slices. `a_inward`: lines of A lie along the sum; `b_inward`: those of B do.
{% set fragment = "coop_mat" ~ matrix ~ "x" ~ matrix %}
{% set element = 1 if matrix == 8 else 4 %}
for (var depth = 0u; depth < {{ chunk }}u; depth += {{ matrix }}u) {
    {% for j in range(own_columns // matrix) %}
    {% if b_inward %}
    let b_at_{{ j }} = ((mine.y + {{ j * matrix }}u) * {{ b_pitch }}u + depth) / {{ element }}u;
    {% else %}
    let b_at_{{ j }} = (depth * {{ b_pitch }}u + mine.y + {{ j * matrix }}u) / {{ element }}u;
    {% endif %}
    {% if not played %}
    let right_{{ j }} = coopLoad{{ "" if b_inward else "T" }}<{{ fragment }}<f16, B>>(&b_slice[b_at_{{ j }}], {{ b_pitch // element }}u);
    {% endif %}
    {% endfor %}
    {% for i in range(own_rows // matrix) %}
    {% if a_inward %}
    let a_at_{{ i }} = ((mine.x + {{ i * matrix }}u) * {{ a_pitch }}u + depth) / {{ element }}u;
    {% else %}
    let a_at_{{ i }} = (depth * {{ a_pitch }}u + mine.x + {{ i * matrix }}u) / {{ element }}u;
    {% endif %}
    {% if not played %}
    let left_{{ i }} = coopLoad{{ "T" if a_inward else "" }}<{{ fragment }}<f16, A>>(&a_slice[a_at_{{ i }}], {{ a_pitch // element }}u);
    {% endif %}
    {% for j in range(own_columns // matrix) %}
    {% if played %}
    {% include "shared/matrix_played.wgsl" %}
    {% else %}
    sum_{{ i }}_{{ j }} = coopMultiplyAdd(left_{{ i }}, right_{{ j }}, sum_{{ i }}_{{ j }});
    {% endif %}
    {% endfor %}
    {% endfor %}
}
