// Gradient of a convolution's input: each input pixel gathers the output pixels that read it. The weights come transposed,
// [kernel, kernel, C_out, C_in], so that A is the output gradient and k counts output channels.
{% if matrix %}
{% include "shared/matrix_enable.wgsl" %}
{% endif %}

fn source_pixel(pixel: vec2<i32>, tap: vec2<i32>) -> vec2<i32> {
    let scaled = pixel + {{ kernel // 2 }} - tap;
    {% if stride == 1 %}
    return scaled;
    {% else %}
    return select(vec2<i32>(-1), scaled >> vec2<u32>(1u), all((scaled & vec2<i32>(1)) == vec2<i32>()) && all(scaled >= vec2<i32>()));
    {% endif %}
}

{% include "shared/conv_operands.wgsl" %}
