// Reads directives such as [[n:40]] and the options of rules by a table of what a scripted service knows.

/** A directive or an option that the legend does not have, or with a value of another kind. */
export class UnknownDirective extends Error {}

const DIRECTIVE = /\[\[([a-z][a-z_0-9]*)(?::([^\]]*))?\]\]/g;

export class Legend {
  /** `place` is the file that lists all; `directives` those of prompts, `options` those of rules by the kind of their calls. */
  constructor(place, directives, options) {
    const all = `${place} lists all`;

    const valueOf = (name, value) => {
      const directive = Object.hasOwn(directives, name) ? directives[name] : null;
      const refuse = (why) => { throw new UnknownDirective(`the directive [[${value === undefined ? name : `${name}:${value}`}]] ${why}: ${all}`); };
      if (directive === null) refuse('is unknown');
      const { kind, otherwise } = directive;
      if (kind === 'number') {
        if (value === undefined) return otherwise;
        return value !== '' && Number.isFinite(Number(value)) ? Number(value) : refuse('takes a number');
      }
      if (kind === 'flag' && value !== undefined) refuse('takes no value');
      if (kind === 'text' && value === undefined) refuse('takes a text');
      return value ?? true;
    };

    /**
     * Returns the options that the directives of a message ask for. Throws [`UnknownDirective`]; `lenient` leaves unknown names
     * out, for people who try the demonstration.
     */
    this.promptOptions = (message, { lenient = false } = {}) => {
      const found = [...message.matchAll(DIRECTIVE)].filter(([, name]) => !lenient || Object.hasOwn(directives, name));
      return Object.fromEntries(found.map(([, name, value]) => [name, valueOf(name, value)]));
    };

    /** Returns the options of a rule for calls of this kind. Throws [`UnknownDirective`] when the legend lacks one. */
    this.ruleOptions = (kind, given) => {
      const known = options[kind];
      if (!known) throw new UnknownDirective(`the kind of calls ${kind} is unknown: ${all}`);
      const unknown = Object.keys(given).filter((name) => !Object.hasOwn(known, name));
      if (unknown.length > 0) throw new UnknownDirective(`a rule for ${kind} has the unknown option ${unknown.join(', ')}: ${all}`);
      return given;
    };
  }
}
