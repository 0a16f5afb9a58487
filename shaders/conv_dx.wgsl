// Gradient of a convolution's input: DX[position, n] = sum over taps and k of DY[position shifted back by tap, k] W[tap, n, k]. A is the
// output gradient, and k counts output channels. The weights come transposed, [tap, k, n], unless `b_transposed`.
{% if matrix %}
{% include "shared/matrix_enable.wgsl" %}
{% endif %}

fn source_position(position: vec2<i32>, tap: vec2<i32>) -> vec2<i32> {
    let scaled = position + {{ kernel // 2 }} - tap;
    {% if stride == 1 %}
    return scaled;
    {% else %}
    return select(vec2<i32>(-1), scaled >> vec2<u32>(1u), all((scaled & vec2<i32>(1)) == vec2<i32>()) && all(scaled >= vec2<i32>()));
    {% endif %}
}

{% include "shared/conv_operands.wgsl" %}
