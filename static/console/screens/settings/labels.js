// Labels, help and choices of the settings, by `section.name`. Help that is missing here is the server's English; a setting
// without a label is shown under its name.
import { locale } from '../../i18n.js';

export const labels = {
  en: {
    'global.base_url': 'Public address', 'global.admin_username': 'Console user name', 'grok.api_key': 'Custom API key',
    'global.image_cache_max_size_mb': 'Picture cache', 'global.video_cache_max_size_mb': 'Video cache', 'global.cache_max_file_mb': 'Largest cached file',
    'global.media_retention_days': 'Validity of media links', 'global.keep_prompts': 'Keep prompts', 'global.log_retention_days': 'Log retention', 'global.log_retention_rows': 'Maximum log rows',
    'global.store_responses': 'Store responses', 'global.responses_retention_days': 'Retention of responses', 'global.responses_max_size_mb': 'Stored responses',
    'grok.filtered_tags': 'Removed tags', 'grok.reasoning_format': 'Thinking in answers', 'grok.list_sources': 'List of sources', 'grok.temporary': 'Temporary conversations',
    'grok.stream_first_response_timeout': 'First part of an answer', 'grok.stream_chunk_timeout': 'Pause between parts', 'grok.stream_total_timeout': 'Whole answer',
    'grok.x_statsig_id': 'Header x-statsig-id', 'grok.cf_clearance': 'Cookie cf_clearance', 'grok.user_agent': 'Header user-agent',
    'grok.read_accounts': 'Read accounts', 'global.error_skip_requests': 'Skip after an error',
    'global.rate_limit_cooldown_minutes': 'Cooldown after a rate limit', 'global.used_up_cooldown_minutes': 'Cooldown of a used-up mode',
    'grok.xai_route': 'Use of xAI’s API', 'grok.xai_estimate_tokens': 'Answer length held of a budget',
    'grok.chat_transport': 'Connection for chats', 'grok.max_prompt_chars': 'Longest message', 'global.admin_password': 'Console password',
  },
  'zh-CN': {
    'global.base_url': '对外地址', 'global.admin_username': '控制台用户名', 'grok.api_key': '自定义 API 密钥',
    'global.image_cache_max_size_mb': '图片缓存上限', 'global.video_cache_max_size_mb': '视频缓存上限', 'global.cache_max_file_mb': '单个缓存文件上限',
    'global.media_retention_days': '媒体链接有效期', 'global.keep_prompts': '保留提示词', 'global.log_retention_days': '日志保留天数', 'global.log_retention_rows': '日志条数上限',
    'global.store_responses': '保存响应', 'global.responses_retention_days': '响应保留天数', 'global.responses_max_size_mb': '响应存储上限',
    'grok.filtered_tags': '移除的标签', 'grok.reasoning_format': '回答中的思考过程', 'grok.list_sources': '来源列表', 'grok.temporary': '临时对话',
    'grok.stream_first_response_timeout': '首段回答超时', 'grok.stream_chunk_timeout': '分段间隔超时', 'grok.stream_total_timeout': '完整回答超时',
    'grok.x_statsig_id': '请求头 x-statsig-id', 'grok.cf_clearance': 'cf_clearance Cookie', 'grok.user_agent': '请求头 user-agent',
    'grok.read_accounts': '读取账号信息', 'global.error_skip_requests': '出错后跳过',
    'global.rate_limit_cooldown_minutes': '限流后的冷却时间', 'global.used_up_cooldown_minutes': '额度用尽后的冷却时间',
    'grok.xai_route': 'xAI API 的使用', 'grok.xai_estimate_tokens': '预算预留的回答长度',
    'grok.chat_transport': '对话连接方式', 'grok.max_prompt_chars': '消息长度上限', 'global.admin_password': '控制台密码',
  },
};

export const help = {
  en: {
    'global.admin_username': 'The name you use to sign in.',
    'global.keep_prompts': 'Whether the gallery keeps the prompts of pictures and videos, encrypted like tokens. Off: new files get none; those that were kept stay.',
    'grok.xai_route': 'When keys of xAI’s API, which cost money, answer for the models of Grok accounts. Models whose names begin with xai/ always use the API.',
    'grok.xai_estimate_tokens': 'While xAI’s API answers, the price of an answer of this length is held of the daily budgets; a client that asks for less holds less. The real price takes its place.',
    'grok.user_agent': 'Value of the header user-agent. The console saves the value of your browser when you add the first account. With cf_clearance, use the value of the browser that received the cookie. Empty: the gateway’s own name.',
    'grok.x_statsig_id': 'Value of the header x-statsig-id, which you supply. Videos and changes of pictures need it, and so do chats if chat_transport is http; chats over the WebSocket do not. Empty: not sent.',
  },
  'zh-CN': {
    'global.base_url': '客户端访问网关的地址，图片和视频链接以该地址开头。留空则使用请求中的地址。',
    'global.admin_username': '登录控制台时使用的用户名。',
    'grok.api_key': '自行指定的 API 密钥，与“API 密钥”页面中的密钥同时有效。',
    'global.image_cache_max_size_mb': '图片缓存的容量上限，超出后优先删除最早的文件。',
    'global.video_cache_max_size_mb': '视频缓存的容量上限，超出后优先删除最早的文件。',
    'global.cache_max_file_mb': '允许缓存的最大文件，超出的文件每次都会重新获取。',
    'global.media_retention_days': '图片和视频链接的有效天数，媒体页面也在此期间显示这些文件及其提示词。',
    'global.keep_prompts': '是否在媒体页面保留图片和视频的提示词。提示词与令牌一样加密存储。关闭后，新生成的文件不再保留提示词。',
    'global.log_retention_days': '请求在日志中保留的天数。',
    'global.log_retention_rows': '日志中最多保留的请求条数。',
    'global.store_responses': '保存 /v1/responses 的回答，供客户端续接和读取。单个请求可以拒绝保存。',
    'global.responses_retention_days': '已保存的响应可续接和读取的天数。',
    'global.responses_max_size_mb': '全部已保存响应的容量上限，超出后优先删除最早的响应。',
    'grok.filtered_tags': '从回答中移除的标签，用英文逗号分隔。',
    'grok.reasoning_format': '思考过程的位置：正文前的 <think> 中、单独的字段中，或不返回。单个请求可另行指定。',
    'grok.list_sources': '在回答末尾列出引用的来源。',
    'grok.temporary': '使用临时对话，不会保留在账号的历史记录中。',
    'grok.stream_first_response_timeout': '等待首段回答的最长时间，0 表示不限。',
    'grok.stream_chunk_timeout': '相邻两段回答之间的最长间隔；xAI API 至少 300 秒，首段也是。0 表示不限。',
    'grok.stream_total_timeout': '一次完整回答的最长时间；xAI API 至少 900 秒。0 表示不限。',
    'grok.x_statsig_id': '请求头 x-statsig-id 的值，需自行提供。生成视频和修改图片需要该值；chat_transport 为 http 时，对话也需要。通过 WebSocket 的对话不需要。留空则不发送。',
    'grok.cf_clearance': 'cf_clearance Cookie 的值，需自行提供。留空则不发送。',
    'grok.user_agent': '请求头 user-agent 的值。添加第一个账号时，控制台会保存你的浏览器的值。使用 cf_clearance 时，必须与获得该 Cookie 的浏览器一致。留空则使用网关自己的名称。',
    'grok.read_accounts': '由网关自动从 Grok 读取账号的类型和额度。关闭后，仅在测试和刷新时读取。',
    'global.error_skip_requests': '账号出错后，在接下来的多少次请求中优先使用其他账号。0 表示不跳过。',
    'global.rate_limit_cooldown_minutes': 'Grok 限制频率后，账号在该模式下冷却多久。仅在 Grok 未说明恢复时间时使用。',
    'global.used_up_cooldown_minutes': '额度用尽后，账号在该模式下暂停多久。仅在 Grok 未说明恢复时间时使用。',
    'grok.xai_route': 'xAI API 密钥（会产生费用）何时代替 Grok 账号回答其模型的请求。名称以 xai/ 开头的模型始终使用 API。',
    'grok.xai_estimate_tokens': 'xAI API 回答期间，按此长度的价格从每日预算中预留；客户端要求更短时，预留更少。回答结束后按实际价格计算。',
    'grok.max_prompt_chars': '发给 Grok 的单条消息的最大长度。对话超出时，较早的内容作为文本文件随消息上传。',
    'grok.chat_transport': '与 Grok 对话的连接方式：websocket 与官方网页相同；http 为旧式数据流，需要 x_statsig_id。',
    'global.admin_password': '控制台的密码。修改后所有会话都会结束。',
  },
};

/** Labels of the values of a choice, by setting. */
export const choices = {
  en: {
    'grok.xai_route': { last: 'Last: if no Grok account can answer', first: 'First: before Grok accounts', never: 'Never: only for names with xai/' },
    'grok.chat_transport': { websocket: 'WebSocket', http: 'HTTP stream' },
    'grok.reasoning_format': { raw: 'In the text (raw)', parsed: 'In a field of its own (parsed)', hidden: 'Left out (hidden)' },
  },
  'zh-CN': {
    'grok.xai_route': { last: '最后：没有 Grok 账号可用时', first: '优先：先于 Grok 账号', never: '从不：仅用于 xai/ 开头的名称' },
    'grok.chat_transport': { websocket: 'WebSocket', http: 'HTTP 流' },
    'grok.reasoning_format': { raw: '在正文中（raw）', parsed: '在单独的字段中（parsed）', hidden: '不返回（hidden）' },
  },
};

/** The gateway's English sentences that refuse a value, and their Chinese texts. */
export const refusals = [
  [/^This setting is an address/, '请输入地址，例如 https://grok.example.org，不能含查询参数。'],
  [/^This setting has 1 to 100 characters/, '长度需为 1 到 100 个字符。'],
  [/^This setting has no control characters/, '不能包含控制字符。'],
  [/^This setting is the value of one cookie/, '请输入单个 Cookie 的值：只能包含可见的 ASCII 字符，不能含空格、引号、逗号或分号。'],
  [/^This setting goes into a header/, '该值用作请求头，只能是一行可见的 ASCII 字符。'],
  [/^An API key is made of/, 'API 密钥只能包含可见的 ASCII 字符，不能含空格。'],
  [/^This setting has at most (\d+) bytes/, '最多 $1 字节。'],
];

/** Translates the gateway's refusal of a value; an unknown sentence stays English. @param {string} message */
export function refusalInWords(message) {
  const [pattern, words] = (locale() === 'zh-CN' && refusals.find(([sentence]) => sentence.test(message))) || [];
  return pattern ? message.replace(new RegExp(`${pattern.source}.*`, 's'), words) : message;
}
