// Inside main: emulates coopMultiplyAdd. Every invocation computes the whole product of two matrices, so that the rest of the kernel
// can be tested where there are no matrix units.
for (var at = 0u; at < {{ matrix * matrix }}u; at += 1u) {
    let i = at / {{ matrix }}u;
    let j = at % {{ matrix }}u;
    for (var k = 0u; k < {{ matrix }}u; k += 1u) {
        let a_at = a_at_{{ i }} * {{ element }}u + {{ "i" if a_k_contiguous else "k" }} * {{ a_pitch }}u + {{ "k" if a_k_contiguous else "i" }};
        let b_at = b_at_{{ j }} * {{ element }}u + {{ "j" if b_k_contiguous else "k" }} * {{ b_pitch }}u + {{ "k" if b_k_contiguous else "j" }};
        {% if element == 1 %}
        sum_{{ i }}_{{ j }}[at] += f32(a_slice[a_at]) * f32(b_slice[b_at]);
        {% else %}
        sum_{{ i }}_{{ j }}[at] += f32(a_slice[a_at / 4u][a_at % 4u]) * f32(b_slice[b_at / 4u][b_at % 4u]);
        {% endif %}
    }
}
