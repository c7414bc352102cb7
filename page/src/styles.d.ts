/** Styles that a script imports: the build puts them into the style of its page. */
declare module "*.css";
