// What each setting and its choices are called, by `section.name`, and its help where that is not the server's own English.
// A setting that is missing here is shown under its name.
import { locale } from '../../i18n.js';

export const labels = {
  en: {
    'global.base_url': 'Public address', 'global.admin_username': 'User name of the console', 'grok.api_key': 'Your own API key',
    'global.image_cache_max_size_mb': 'Cache for pictures', 'global.video_cache_max_size_mb': 'Cache for videos', 'global.cache_max_file_mb': 'Largest cached file',
    'global.media_retention_days': 'Media addresses stay valid for', 'global.log_retention_days': 'Keep requests for', 'global.log_retention_rows': 'Keep at most',
    'grok.filtered_tags': 'Removed tags', 'grok.show_thinking': 'Show the thinking', 'grok.temporary': 'Temporary conversations',
    'grok.stream_first_response_timeout': 'First part of an answer', 'grok.stream_chunk_timeout': 'Pause between parts', 'grok.stream_total_timeout': 'Whole answer',
    'grok.x_statsig_id': 'Header x-statsig-id', 'grok.cf_clearance': 'Cookie cf_clearance', 'grok.user_agent': 'Header user-agent',
    'grok.chat_transport': 'Connection for chats', 'global.admin_password': 'Password of the console',
  },
  'zh-CN': {
    'global.base_url': '对外地址', 'global.admin_username': '管理后台用户名', 'grok.api_key': '自定义 API Key',
    'global.image_cache_max_size_mb': '图片缓存上限', 'global.video_cache_max_size_mb': '视频缓存上限', 'global.cache_max_file_mb': '单个缓存文件上限',
    'global.media_retention_days': '媒体链接有效期', 'global.log_retention_days': '日志保留时间', 'global.log_retention_rows': '日志保留条数',
    'grok.filtered_tags': '过滤标签', 'grok.show_thinking': '显示思考过程', 'grok.temporary': '临时会话',
    'grok.stream_first_response_timeout': '首个响应超时', 'grok.stream_chunk_timeout': '分块间隔超时', 'grok.stream_total_timeout': '总时长上限',
    'grok.x_statsig_id': '请求头 x-statsig-id', 'grok.cf_clearance': 'Cookie cf_clearance', 'grok.user_agent': '请求头 user-agent',
    'grok.chat_transport': '对话连接方式', 'global.admin_password': '管理后台密码',
  },
};

export const help = {
  en: {
    'global.admin_username': 'The name you sign in with.',
    'grok.user_agent': 'Value of the header user-agent. It is recorded from your browser when you add the first account. With cf_clearance it must be that of the browser that received the cookie. Empty: the gateway’s own name.',
    'grok.x_statsig_id': 'Value of the header x-statsig-id, supplied by you. Videos need it, and chats with chat_transport http; chats over the WebSocket do not. Empty: not sent.',
  },
  'zh-CN': {
    'global.base_url': '客户端访问本服务所用的地址，图片和视频链接以它开头。留空则使用请求中的地址。',
    'global.admin_username': '登录管理后台时使用的用户名。',
    'grok.api_key': '自行指定的 API Key，与“API Key”页面中的 Key 同时有效。',
    'global.image_cache_max_size_mb': '缓存中保留的图片总量，超出后先删除最早的文件。',
    'global.video_cache_max_size_mb': '缓存中保留的视频总量，超出后先删除最早的文件。',
    'global.cache_max_file_mb': '可以缓存的最大文件，更大的文件每次都会重新获取。',
    'global.media_retention_days': '图片和视频链接保持有效的时间。',
    'global.log_retention_days': '请求记录在日志中保留的时间。',
    'global.log_retention_rows': '日志最多保留的请求条数。',
    'grok.filtered_tags': '从回答中去除的标签，用英文逗号分隔。',
    'grok.show_thinking': '回答中是否包含思考过程。',
    'grok.temporary': '使用临时会话，对话不会留在账号的历史记录中。',
    'grok.stream_first_response_timeout': '等待回答第一部分的最长时间；0 表示不限。',
    'grok.stream_chunk_timeout': '回答相邻两部分之间的最长间隔；0 表示不限。',
    'grok.stream_total_timeout': '一次完整回答的最长时间；0 表示不限。',
    'grok.x_statsig_id': '由你自行提供的请求头 x-statsig-id 的值。生成视频以及 chat_transport 为 http 时需要；通过 WebSocket 的对话不需要。留空则不发送。',
    'grok.cf_clearance': '由你自行提供的 Cookie cf_clearance 的值。留空则不发送。',
    'grok.user_agent': '请求头 user-agent 的值。添加第一个账号时会记录你的浏览器的值；使用 cf_clearance 时，必须与获得该 Cookie 的浏览器一致。留空则使用网关自己的名称。',
    'grok.chat_transport': '与 Grok 对话的方式：websocket 与官方网页相同；http 是旧的数据流，需要 x_statsig_id。',
    'global.admin_password': '管理后台的密码；修改后所有会话都会结束。',
  },
};

/** What the words of a choice are called. */
export const choices = {
  en: { 'grok.chat_transport': { websocket: 'WebSocket', http: 'HTTP stream' } },
  'zh-CN': { 'grok.chat_transport': { websocket: 'WebSocket', http: 'HTTP 流' } },
};

/** Why the gateway refused a value, for those who do not read English: its sentences, and what they say. */
export const refusals = [
  [/^This setting is an address/, '请输入形如 https://grok.example.org 的地址，不含查询参数。'],
  [/^This setting has 1 to 100 characters/, '长度需为 1 到 100 个字符。'],
  [/^This setting has no control characters/, '不能包含控制字符。'],
  [/^This setting is the value of one cookie/, '请输入单个 Cookie 的值：可见的 ASCII 字符，不含空格、引号、逗号或分号。'],
  [/^This setting goes into a header/, '该值会写入请求头：只能是一行可见的 ASCII 字符。'],
  [/^An API key is made of/, 'API Key 只能包含可见的 ASCII 字符，且不含空格。'],
  [/^This setting has at most (\d+) bytes/, '最多 $1 字节。'],
];

/** The gateway's refusal of a value in the console's language. @param {string} message */
export function refusalInWords(message) {
  const [pattern, words] = (locale() === 'zh-CN' && refusals.find(([sentence]) => sentence.test(message))) || [];
  return pattern ? message.replace(new RegExp(`${pattern.source}.*`, 's'), words) : message;
}
