// Navigation to another page moves the focus to its title, once.
let arriving = false;

export const arrive = () => {
  arriving = true;
};
export const arrived = () => {
  const was = arriving;
  arriving = false;
  return was;
};
