/** What t.forms.js is: the part of t.js that reads forms. It is a module, and its default export is what forms.page.ts calls. */
export { captureForms as default } from './capture-forms.js'
