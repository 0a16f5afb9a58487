// What goes wrong in an engine.

/** A failure with a sentence for the user. `cancelled` where the user wanted it. */
export class EngineError extends Error {
  constructor(message, { cancelled = false, status = 0 } = {}) {
    super(message);
    this.cancelled = cancelled;
    this.status = status;
  }
}
