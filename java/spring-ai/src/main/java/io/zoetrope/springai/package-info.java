/** Zoetrope's pictures from words for applications on Spring AI. */
@API(status = API.Status.EXPERIMENTAL)
package io.zoetrope.springai;

import org.apiguardian.api.API;
