export const text = {
  en: {
    title: 'Playground', model: 'Model', newConversation: 'New', system: 'System prompt', systemHint: 'How Grok shall answer, for the whole conversation.',
    hello: 'Ask something', try1: 'What can you do?', try2: 'Explain Unicode in three sentences.', try3: 'Draw a lighthouse at dusk.',
    chooseKey: 'Choose an API key', changeKey: 'Choose another key', keyButton: 'API key: {name}. Choose another one', keyName: 'Playground',
    keyLead: 'The playground sends what a client sends, so it needs a key. It is kept in this tab until you close it.', makeKey: 'Make a key', makeKeyHint: 'A key of its own for the playground; it stays among the API keys until you delete it there',
    listedKey: 'Or one that can be shown again', pasteKey: 'Or paste one', pastedName: 'Pasted key', use: 'Use',
    message: 'Message', messageHint: 'Ask Grok…', messageForVideo: 'Say how the picture shall move…', composerHint: 'Enter sends, Shift + Enter breaks the line. Up to {max} pictures, {bytes} in all.', videoNeedsPicture: 'This model makes a video of a picture: attach one.',
    send: 'Send', stop: 'Stop', attach: 'Attach pictures (or paste, or drop them)', removePicture: 'Remove {name}', picture: 'Picture', video: 'Video',
    notAPicture: '{name} is no picture that Grok takes: PNG, JPEG, GIF, WebP, BMP, AVIF and HEIC are.', tooMany: '{name} was left out: a conversation may carry {max} pictures. Start a new one.',
    tooLarge: '{name} was left out: the pictures of a conversation may have {max} in all. Make it smaller, or start a new one.', unreadable: '{name} could not be read.',
    question: 'Question', answer: 'Answer', editQuestion: 'Change the question', editHint: 'It is asked again; what follows it is removed.',
    waiting: 'Waiting for Grok…', stopped: 'Stopped.', emptyAnswer: 'The answer is empty.', isAnswering: 'Grok is answering', hasAnswered: 'The answer is complete',
    thinkingNow: 'Thinking…', thought: 'Thoughts', characters: { one: '{n} character', other: '{n} characters' }, gatewaySaid: 'The gateway said: {message}',
    copyAnswer: 'Copy the answer', regenerate: 'Answer anew', firstByte: 'first text after {time}', total: 'whole after {time}', usage: { one: '≈ {n} token (question {prompt})', other: '≈ {n} tokens (question {prompt})' }, copyRequestId: 'Copy the request id',
    events: 'Raw events', eventsTitle: { one: 'Raw stream, {n} event', other: 'Raw stream, {n} events' }, copyEvents: 'Copy all', noEvents: 'No event came.', milliseconds: '{value} ms',
    code: 'Code', table: 'Table', task: 'Task', openPicture: 'Open the picture', pictureGone: 'The picture could not be loaded', openVideo: 'Open the video', videoGone: 'The video cannot be played here: open it',
  },
  'zh-CN': {
    title: '试用', model: '模型', newConversation: '新对话', system: '系统提示词', systemHint: '设定 Grok 在整个对话中的回答方式。',
    hello: '问点什么吧', try1: '你能做什么？', try2: '用三句话介绍 Unicode。', try3: '画一座黄昏中的灯塔。',
    chooseKey: '选择 API Key', changeKey: '更换 Key', keyButton: 'API Key：{name}。点击更换', keyName: '试用',
    keyLead: '试用页发送的请求与客户端完全相同，因此需要一个 Key。它只保存在当前标签页，关闭后即清除。', makeKey: '创建 Key', makeKeyHint: '为试用单独创建一个 Key，可随时在 API Key 页面删除',
    listedKey: '或使用可再次查看的 Key', pasteKey: '或粘贴一个 Key', pastedName: '粘贴的 Key', use: '使用',
    message: '消息', messageHint: '向 Grok 提问…', messageForVideo: '描述图片应如何动起来…', composerHint: 'Enter 发送，Shift + Enter 换行。最多 {max} 张图片，合计 {bytes}。', videoNeedsPicture: '此模型根据图片生成视频：请先添加一张图片。',
    send: '发送', stop: '停止', attach: '添加图片（也可粘贴或拖入）', removePicture: '移除 {name}', picture: '图片', video: '视频',
    notAPicture: '{name} 不是 Grok 支持的图片，仅支持 PNG、JPEG、GIF、WebP、BMP、AVIF 和 HEIC。', tooMany: '未添加 {name}：一个对话最多 {max} 张图片，请新建对话。',
    tooLarge: '未添加 {name}：一个对话的图片合计不能超过 {max}，请压缩图片或新建对话。', unreadable: '无法读取 {name}。',
    question: '问题', answer: '回答', editQuestion: '修改问题', editHint: '将重新提问，其后的内容会被移除。',
    waiting: '等待 Grok 响应…', stopped: '已停止。', emptyAnswer: '回答为空。', isAnswering: 'Grok 正在回答', hasAnswered: '回答已完成',
    thinkingNow: '思考中…', thought: '思考过程', characters: '{n} 字', gatewaySaid: '网关返回：{message}',
    copyAnswer: '复制回答', regenerate: '重新回答', firstByte: '首字 {time}', total: '总用时 {time}', usage: '约 {n} Token（提问 {prompt}）', copyRequestId: '复制请求 ID',
    events: '原始事件流', eventsTitle: '原始事件流（{n} 个事件）', copyEvents: '全部复制', noEvents: '没有收到任何事件。', milliseconds: '{value} 毫秒',
    code: '代码', table: '表格', task: '任务', openPicture: '查看图片', pictureGone: '图片无法加载', openVideo: '打开视频', videoGone: '视频无法在此播放，点击打开',
  },
};

/** Of each model, in the languages that the gateway does not speak. */
export const models = {
  en: {},
  'zh-CN': {
    'grok-fast': '回答迅速，所有账号可用', 'grok-auto': '由 Grok 在快速与专家模式之间选择；没有账号剩余该额度时改用快速模式', 'grok-expert': '思考时间更长，需要 SuperGrok 账号', 'grok-heavy': '多个智能体同时工作，需要 SuperGrok Heavy 账号',
    'grok-3-fast': '快速高效的 Grok 3 模型', 'grok-4-fast': 'Grok 4 快速版，具备轻量思考能力', 'grok-4-fast-expert': 'Grok 4 Fast 专家模式，推理更强', 'grok-4': '标准 Grok 4 模型',
    'grok-4-expert': 'Grok 4 专家模式，能力完整', 'grok-4-heavy': '最强的 Grok 模型，需要 Super 账号的 Token', 'grok-4.1-thinking': 'Grok 4.1，具备深度思考与工具能力', 'grok-imagine-0.9': '根据图片和提示词生成视频，需要设置 x_statsig_id',
  },
};
