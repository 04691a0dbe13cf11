/** Placeholder module path kept stable: reads `fixtures/accepted` and `fixtures/refused`. */
export {}
