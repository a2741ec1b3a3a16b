// What a command refuses.

/** The command cannot be carried out as asked; the message says why. */
export class CommandError extends Error {
  static {
    this.prototype.name = 'CommandError'
  }
}
