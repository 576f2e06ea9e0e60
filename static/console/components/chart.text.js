export const text = {
  en: { asTable: 'Show as table' },
  'zh-CN': { asTable: '以表格显示' },
};
