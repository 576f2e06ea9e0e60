export const text = {
  en: {
    title: 'Playground', model: 'Model', newConversation: 'New', system: 'System prompt', systemHint: 'Instructions for Grok that apply to the whole conversation.',
    hello: 'Ask something', try1: 'What can you do?', try2: 'Explain Unicode in three sentences.', try3: 'Draw a lighthouse at dusk.',
    chooseKey: 'Choose an API key', changeKey: 'Choose another key', keyButton: 'API key: {name}. Choose another one', keyName: 'Playground',
    keyLead: 'The playground sends the same requests as a client, so it needs an API key. This tab keeps the key until you close it.', makeKey: 'Create a key', makeKeyHint: 'For the playground only. You can delete it on the API keys screen.',
    listedKey: 'Or use a key that can be shown again', pasteKey: 'Or paste a key', pastedName: 'Pasted key', use: 'Use',
    message: 'Message', messageHint: 'Ask Grok…', messageForVideo: 'Describe how the picture should move…', composerHint: 'Enter sends, Shift + Enter adds a line. Up to {max} pictures, {bytes} in total.', videoNeedsPicture: 'This model creates a video from a picture. Attach one.',
    send: 'Send', stop: 'Stop', attach: 'Attach pictures (or paste or drop them)', removePicture: 'Remove {name}', picture: 'Picture', video: 'Video',
    notAPicture: '{name} has an unsupported format. Use PNG, JPEG, GIF, WebP, BMP, AVIF or HEIC.', tooMany: '{name} was not added: a conversation can have {max} pictures. Start a new one.',
    tooLarge: '{name} was not added: the pictures of a conversation can have {max} in total. Make it smaller, or start a new conversation.', unreadable: '{name} could not be read. Choose it again.',
    question: 'Question', answer: 'Answer', editQuestion: 'Edit the question', editHint: 'Grok answers the edited question; later messages are removed.',
    waiting: 'Waiting for Grok…', stopped: 'Stopped.', emptyAnswer: 'The answer is empty.', isAnswering: 'Grok is answering', hasAnswered: 'The answer is complete',
    thinkingNow: 'Thinking…', thought: 'Thoughts', characters: { one: '{n} character', other: '{n} characters' }, gatewaySaid: 'Gateway message: {message}',
    copyAnswer: 'Copy the answer', regenerate: 'Regenerate', firstByte: 'first text after {time}', total: 'total {time}', usage: { one: '≈ {n} token (question {prompt})', other: '≈ {n} tokens (question {prompt})' }, copyRequestId: 'Copy the request ID',
    events: 'Raw events', eventsTitle: { one: 'Raw stream, {n} event', other: 'Raw stream, {n} events' }, copyEvents: 'Copy all', noEvents: 'No events received.', milliseconds: '{value} ms',
    code: 'Code', table: 'Table', task: 'Task', openPicture: 'Open the picture', pictureGone: 'The picture could not be loaded', openVideo: 'Open the video', videoGone: 'The video cannot be played here. Open it',
  },
  'zh-CN': {
    title: '对话测试', model: '模型', newConversation: '新对话', system: '系统提示词', systemHint: '适用于整个对话的指令。',
    hello: '问点什么吧', try1: '你能做什么？', try2: '用三句话介绍 Unicode。', try3: '画一座黄昏中的灯塔。',
    chooseKey: '选择 API 密钥', changeKey: '更换密钥', keyButton: 'API 密钥：{name}。点击更换', keyName: '对话测试',
    keyLead: '这里发送的请求与客户端完全相同，因此需要 API 密钥。密钥仅保存在当前标签页中，关闭标签页后即清除。', makeKey: '创建密钥', makeKeyHint: '仅用于对话测试，可在“API 密钥”页面删除。',
    listedKey: '或使用可再次查看的密钥', pasteKey: '或粘贴密钥', pastedName: '粘贴的密钥', use: '使用',
    message: '消息', messageHint: '向 Grok 提问…', messageForVideo: '描述图片应如何动起来…', composerHint: 'Enter 发送，Shift + Enter 换行。最多 {max} 张图片，合计不超过 {bytes}。', videoNeedsPicture: '此模型根据图片生成视频，请先添加一张图片。',
    send: '发送', stop: '停止', attach: '添加图片（也可粘贴或拖放）', removePicture: '移除 {name}', picture: '图片', video: '视频',
    notAPicture: '不支持 {name} 的格式，请使用 PNG、JPEG、GIF、WebP、BMP、AVIF 或 HEIC。', tooMany: '未添加 {name}：一个对话最多 {max} 张图片，请新建对话。',
    tooLarge: '未添加 {name}：一个对话中的图片合计不能超过 {max}。请压缩图片，或新建对话。', unreadable: '无法读取 {name}，请重新选择。',
    question: '问题', answer: '回答', editQuestion: '修改问题', editHint: 'Grok 将重新回答，此后的消息会被移除。',
    waiting: '正在等待 Grok…', stopped: '已停止。', emptyAnswer: '回答为空。', isAnswering: 'Grok 正在回答', hasAnswered: '回答已完成',
    thinkingNow: '思考中…', thought: '思考过程', characters: '{n} 字', gatewaySaid: '网关返回：{message}',
    copyAnswer: '复制回答', regenerate: '重新生成', firstByte: '首字 {time}', total: '总耗时 {time}', usage: '约 {n} Token（提问 {prompt}）', copyRequestId: '复制请求 ID',
    events: '原始事件', eventsTitle: '原始事件流（{n} 个事件）', copyEvents: '全部复制', noEvents: '未收到任何事件。', milliseconds: '{value} 毫秒',
    code: '代码', table: '表格', task: '任务', openPicture: '查看图片', pictureGone: '图片加载失败', openVideo: '打开视频', videoGone: '视频无法在此播放，请打开查看',
  },
};

/** Descriptions of models, in the languages other than the gateway's English. */
export const models = {
  en: {},
  'zh-CN': {
    'grok-fast': '响应迅速，所有账号均可使用', 'grok-auto': '由 Grok 自动选择快速或专家模式；所有账号的该模式额度用尽后改用快速模式', 'grok-expert': '思考更久，需要 SuperGrok 账号', 'grok-heavy': '多个智能体协同工作，需要 SuperGrok Heavy 账号',
    'grok-3-fast': '快速高效的 Grok 3 模型', 'grok-4-fast': 'Grok 4 快速版，支持简短思考', 'grok-4-fast-expert': 'Grok 4 Fast 专家模式，推理能力更强', 'grok-4': 'Grok 4 标准模型',
    'grok-4-expert': 'Grok 4 专家模式，完整能力', 'grok-4-heavy': '最强的 Grok 模型，需要 Super 账号', 'grok-4.1-thinking': 'Grok 4.1，支持深度思考和工具', 'grok-imagine-0.9': '根据图片和提示词生成视频，需要填写设置 x_statsig_id',
  },
};
