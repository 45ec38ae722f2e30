export async function functionRows(): Promise<readonly object[]> { return []; }
