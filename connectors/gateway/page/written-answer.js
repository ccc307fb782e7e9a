// An answer that somebody wrote: the page plays the model that says it.

import { lengthOf } from "./code-points.js";
import { Writer } from "./writer.js";

export class WrittenAnswer {
  // The page says when it ends.
  isOurs = true;

  // policy: null for the default. perSecond: pieces.
  constructor(gateway, { pieces, policy, perSecond }) {
    Object.assign(this, { gateway, pieces, policy, perSecond });
    this.writer = null;
  }

  // Code points that will be written.
  get expected() {
    return this.pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  }

  // Start a stream; return its id. Throws Problem, Away.
  async start() {
    const answer = await this.gateway.post("/v1/stream/start", {
      ...(this.policy === null ? {} : { policy: this.policy }),
      context: { sessionId: "page" },
    });
    return answer.streamId;
  }

  // wrote(piece), ended(): what the run hears of it.
  play(stream, { wrote, ended }) {
    const write = (piece) => {
      stream.write(piece);
      wrote(piece);
    };
    this.writer = new Writer(this.pieces, this.perSecond, write, ended);
  }

  // It ends behind what was written.
  end(stream, { aborted }) {
    this.stop();
    stream.finish({ aborted });
  }

  setSpeed(perSecond) {
    this.perSecond = perSecond;
    if (this.writer) this.writer.perSecond = perSecond;
  }

  // A model that is waited for does not write on.
  stop() {
    this.writer?.stop();
  }
}
