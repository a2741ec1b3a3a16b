// The error of a command that is refused.

/** The command is refused; the message has the reason. */
export class CommandError extends Error {
  static {
    this.prototype.name = 'CommandError'
  }
}
