// Texts that every screen uses.
import { texts } from './i18n.js';

export const text = {
  en: {
    close: 'Close', cancel: 'Cancel', save: 'Save', delete: 'Delete', retry: 'Try again', loading: 'Loading…',
    copy: 'Copy', copyAll: 'Copy all', copied: 'Copied', cannotCopy: 'The browser blocked copying. Select the text and copy it manually.',
    add: 'Add', edit: 'Edit', all: 'All', none: 'None', more: 'More actions', export: 'Export', unknown: 'unknown',
    enable: 'Enable', disable: 'Disable', enabled: 'Enabled', disabled: 'Disabled', next: 'Next', done: 'Done',
    selected: { one: '{n} selected', other: '{n} selected' }, clearSelection: 'Clear selection', selectAll: 'Select all',
  },
  'zh-CN': {
    close: '关闭', cancel: '取消', save: '保存', delete: '删除', retry: '重试', loading: '加载中…',
    copy: '复制', copyAll: '全部复制', copied: '已复制', cannotCopy: '浏览器禁止复制，请选中文字后手动复制。',
    add: '添加', edit: '编辑', all: '全部', none: '无', more: '更多操作', export: '导出', unknown: '未知',
    enable: '启用', disable: '停用', enabled: '已启用', disabled: '已停用', next: '下一步', done: '完成',
    selected: '已选择 {n} 项', clearSelection: '取消选择', selectAll: '全选',
  },
};

export const common = texts(text);
