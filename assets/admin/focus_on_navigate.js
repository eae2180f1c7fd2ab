// Whether somebody has just gone to another page: its title takes the focus, once.
let arriving = false;

export const arrive = () => {
  arriving = true;
};
export const arrived = () => {
  const was = arriving;
  arriving = false;
  return was;
};
