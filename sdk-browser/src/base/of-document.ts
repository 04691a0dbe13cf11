/**
 * What the document itself says. Elements can stand in its place: `<img name="currentScript">`, in a text that some
 * visitor wrote, makes `document.currentScript` that image. Not for cookies: consent managers put an accessor of their
 * own on the document, and theirs counts.
 */
export const ofDocument = <Name extends keyof Document>(name: Name): Document[Name] =>
  Reflect.get(Document.prototype, name, document)
