export async function doctorCommand(_flags: object): Promise<number> {
  return 0;
}
