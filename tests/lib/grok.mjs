// The scripted Grok of the tests that are about itself.
import { Grok } from '../fake-grok/server.mjs';
import { after, before, beforeEach } from './suite.mjs';

/** Returns the scripted Grok of a test file: started before its tests, without calls and rules before each, stopped at the end. */
export function grokForFile() {
  const grok = new Grok();
  before(() => grok.listen());
  beforeEach(() => grok.reset());
  after(() => grok.stop());
  return grok;
}
