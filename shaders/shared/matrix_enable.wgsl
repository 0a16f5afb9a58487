enable f16;
{% if not emulated %}
enable wgpu_cooperative_matrix;
{% endif %}
