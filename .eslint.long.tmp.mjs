import tseslint from '/work/main/node_modules/typescript-eslint/dist/index.js'
export default [{ files:['**/*.ts'], languageOptions:{parser:(tseslint.default??tseslint).parser}, rules:{'max-lines-per-function':['warn',{max:60,skipBlankLines:true,skipComments:true}]}}]
