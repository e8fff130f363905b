// How @hey-api/openapi-ts is run. Node finds an import only by the whole name of its file.
export default {
    output: { path: 'typescript/hey-api', importFileExtension: '.js', tsConfigPath: 'typescript/tsconfig.json' },
};
