// Tools and structured output of Anthropic's Messages, with the official client for Node. The scripted Grok follows the
// instructions in its message, so what is asserted has gone through the schemas of each request.
// Directives in prompts, such as [[garble:misfit]]: fake-grok/directives.mjs
import { checkMessages } from './checks/messages.mjs';
import { gatewayForFile } from './lib/gateway.mjs';
import { beforeEach } from './lib/suite.mjs';

const gw = gatewayForFile();
beforeEach(() => gw.pool(['basic-1', 'basic-2', 'basic-3']));
checkMessages({ gw, model: 'claude-opus-5-5', refuse: '[[garble:refuse]]' });
