export const text = {
  en: {
    picture: 'Picture', video: 'Video', copyAddress: 'Copy link', open: 'Open', download: 'Download', previous: 'Previous', next: 'Next', place: '{n} of {of}',
    failed: 'The file could not be loaded: its account was removed, Grok deleted the file, or the gateway cannot reach Grok.',
  },
  'zh-CN': {
    picture: '图片', video: '视频', copyAddress: '复制链接', open: '打开', download: '下载', previous: '上一个', next: '下一个', place: '第 {n} 个，共 {of} 个',
    failed: '文件加载失败：所属账号已移除、Grok 已删除该文件，或网关无法连接 Grok。',
  },
};
