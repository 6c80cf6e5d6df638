/** Zoetrope's pictures from words for applications that LangChain4j holds together. */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.langchain4j;

import org.apiguardian.api.API;
