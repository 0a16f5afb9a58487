// Workgroup memory of the matrix variant: slices of A and B in f16, line by line, and a matrix per subgroup through which C
// is stored. Lines are padded by eight elements, which puts neighbouring lines into different banks and keeps each aligned
// to 16 bytes.{% if matrix == 8 %} Metal takes only addresses of single elements.{% endif %}

{% if matrix == 8 %}
var<workgroup> a_slice: array<f16, {{ a_lines * a_pitch }}>;
var<workgroup> b_slice: array<f16, {{ b_lines * b_pitch }}>;
{% else %}
var<workgroup> a_slice: array<vec4<f16>, {{ a_lines * a_pitch // 4 }}>;
var<workgroup> b_slice: array<vec4<f16>, {{ b_lines * b_pitch // 4 }}>;
{% endif %}
var<workgroup> c_matrix: array<f32, {{ subgroups * matrix * matrix }}>;

{% for slice in ["a", "b"] %}
{% set pitch = a_pitch if slice == "a" else b_pitch %}
fn put_{{ slice }}(line: u32, quad: u32, value: vec4<f16>) {
    {% if matrix == 8 %}
    let at = line * {{ pitch }}u + quad * 4u;
    {% for c in range(4) %}
    {{ slice }}_slice[at + {{ c }}u] = value[{{ c }}];
    {% endfor %}
    {% else %}
    {{ slice }}_slice[line * {{ pitch // 4 }}u + quad] = value;
    {% endif %}
}

{% endfor %}
