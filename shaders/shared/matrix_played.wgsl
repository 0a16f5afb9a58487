// What matrix units do with one pair of matrices, by each lane alone, so that all else can be tested where there are none.
for (var at = 0u; at < {{ matrix * matrix }}u; at += 1u) {
    let i = at / {{ matrix }}u;
    let j = at % {{ matrix }}u;
    for (var k = 0u; k < {{ matrix }}u; k += 1u) {
        let a_at = a_at_{{ i }} * {{ element }}u + {{ "i" if a_inward else "k" }} * {{ a_pitch }}u + {{ "k" if a_inward else "i" }};
        let b_at = b_at_{{ j }} * {{ element }}u + {{ "j" if b_inward else "k" }} * {{ b_pitch }}u + {{ "k" if b_inward else "j" }};
        {% if element == 1 %}
        sum_{{ i }}_{{ j }}[at] += f32(a_slice[a_at]) * f32(b_slice[b_at]);
        {% else %}
        sum_{{ i }}_{{ j }}[at] += f32(a_slice[a_at / 4u][a_at % 4u]) * f32(b_slice[b_at / 4u][b_at % 4u]);
        {% endif %}
    }
}
