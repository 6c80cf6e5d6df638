/**
 * From a network that predicts tokens to samples made of them: one after the other, or many at a time, the surest
 * first.
 */
@API(status = API.Status.INTERNAL)
package io.zoetrope.model.tokens;

import org.apiguardian.api.API;
