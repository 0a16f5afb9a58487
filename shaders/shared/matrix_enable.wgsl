enable f16;
{% if not played %}
enable wgpu_cooperative_matrix;
{% endif %}
