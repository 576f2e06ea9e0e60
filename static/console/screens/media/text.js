// The gallery of cached pictures and videos.
export const text = {
  en: {
    title: 'Media', lead: 'Pictures and videos that Grok made, kept here because Grok refuses direct links. The cache is emptied at local midnight; an address works on as long as its account is in the pool: the file is then fetched again.',
    image: 'Pictures', video: 'Videos', kinds: 'Kind', sizeOf: '{size} of {limit}', size: 'Size', stored: 'Stored', account: 'Account', until: 'Address valid until', type: 'Type',
    emptyImage: 'No picture is cached', emptyVideo: 'No video is cached', emptyHint: 'What clients ask Grok to draw shows up here when its address is opened for the first time.', tryIt: 'Draw something in the playground',
    open: 'Show {name}', select: 'Select {name}', clear: 'Clear the cache', clearImages: 'Clear pictures', clearVideos: 'Clear videos', clearAll: 'Clear everything',
    clearTitle: 'Clear the cache?', clearLost: 'The stored files are deleted. Their addresses keep working: opened again, a file is fetched again from Grok.',
    deleteTitle: { one: 'Delete this file from the cache?', other: 'Delete {n} files from the cache?' },
    deleted: { one: 'The file was deleted', other: '{n} files were deleted' }, partsLeft: 'Their last {n} MiB are still being removed.', showing: '{n} of {total}', more: 'Show more',
  },
  'zh-CN': {
    title: '媒体', lead: 'Grok 生成的图片和视频会缓存在这里，因为 Grok 拒绝直接访问链接。缓存在当地时间零点清空；只要账号仍在池中，地址就继续有效，再次打开时会重新获取文件。',
    image: '图片', video: '视频', kinds: '类型', sizeOf: '{size} / {limit}', size: '大小', stored: '缓存时间', account: '账号', until: '地址有效期至', type: '格式',
    emptyImage: '没有缓存的图片', emptyVideo: '没有缓存的视频', emptyHint: '客户端让 Grok 生成的内容，在其地址首次被打开后会出现在这里。', tryIt: '去试用页画一张',
    open: '查看 {name}', select: '选择 {name}', clear: '清理缓存', clearImages: '清理图片', clearVideos: '清理视频', clearAll: '全部清理',
    clearTitle: '清理缓存？', clearLost: '已缓存的文件会被删除，但地址仍然有效：再次打开时会从 Grok 重新获取。',
    deleteTitle: '从缓存中删除 {n} 个文件？',
    deleted: '已删除 {n} 个文件', partsLeft: '还有 {n} MiB 正在删除。', showing: '{n} / {total}', more: '显示更多',
  },
};
