// Inside main: stores the sums through workgroup memory, matrix by matrix, since the layout of a matrix across the lanes is up to the
// driver.
{% set quads = matrix * matrix // 4 %}
let c_at = subgroup * {{ matrix * matrix }}u;
let c_stride = {{ matrix }}u;
{% for i in range(own_rows // matrix) %}
{% for j in range(own_columns // matrix) %}
workgroupBarrier();
{% if emulated %}
if lane == 0u {
    for (var at = 0u; at < {{ matrix * matrix }}u; at += 1u) {
        c_matrix[c_at + at / {{ matrix }}u * c_stride + at % {{ matrix }}u] = sum_{{ i }}_{{ j }}[at];
    }
}
{% else %}
coopStoreT(sum_{{ i }}_{{ j }}, &c_matrix[c_at], c_stride);
{% endif %}
workgroupBarrier();
for (var quad = lane; quad < {{ quads }}u; quad += lanes) {
    let at = c_at + quad * 4u;
    let four = vec4<f32>(c_matrix[at], c_matrix[at + 1u], c_matrix[at + 2u], c_matrix[at + 3u]);
    let c_row = row + own.x + {{ i * matrix }}u + quad / {{ matrix // 4 }}u;
    let c_column = column + own.y + {{ j * matrix }}u + quad % {{ matrix // 4 }}u * 4u;
    {% for c in range(0, 4, width) %}
    if is_expected && {{ "tap < " ~ taps ~ "u && " if outer else "" }}c_row < params.m && c_column + {{ c }}u < params.n {
        let value_{{ c }} = four.{{ "xyzw"[c:c + width] }};
        let to_{{ c }} = (c_column + {{ c }}u) / {{ width }}u;
        {% if outer %}
        store(tap, c_row, to_{{ c }}, value_{{ c }}, workgroup.z);
        {% else %}
        store(c_row, to_{{ c }}, value_{{ c }}{% if accumulate %} + load_c(c_row, to_{{ c }}, workgroup.z){% endif %}, load_bias(to_{{ c }}), workgroup.z);
        {% endif %}
    }
    {% endfor %}
}
{% endfor %}
{% endfor %}
