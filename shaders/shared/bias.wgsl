// What is added to a column of C. Loaded once per column, before anything is stored: a store might have changed it, for all that a
// driver knows, and so it would be loaded again.
fn load_bias(column: u32) -> {{ column }} {
    {% if bias %}
    return bias[column];
    {% else %}
    return {{ column }}();
    {% endif %}
}
