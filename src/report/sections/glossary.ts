/** What methods do and what words mean: for the reader who asks. */
import { summaryOf } from "../../methods/summaries.ts";
import { GLOSSARY } from "../glossary.ts";
import { html } from "../html.ts";
import { pairs, type Section } from "../parts.ts";

export const glossary: Section = {
  id: "glossary",
  name: "Methods and words",
  hint: "what each method does, and what the words of this page mean",
  content: ({ result }) => {
    const methods = (result?.rows ?? []).flatMap(({ name = "", method }) => {
      const summary = summaryOf(name);
      return summary === undefined ? [] : [[method, summary] as const];
    });
    return html`${methods.length > 0 && html`<h3>The methods that were compared</h3>${pairs(methods)}`}
${GLOSSARY.map(({ title, terms }) => html`<h3>${title}</h3>${pairs(terms)}`)}`;
  },
};
