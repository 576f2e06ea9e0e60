export const text = {
  en: { asTable: 'As a table' },
  'zh-CN': { asTable: '表格' },
};
