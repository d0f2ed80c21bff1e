package sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.autoconfigure.web.servlet.AutoConfigureMockMvc;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.web.servlet.MockMvc;

@SpringBootTest
@AutoConfigureMockMvc
class ApplicationTests {
  @Autowired private MockMvc web;

  @Test
  void somebodyWithoutANameIsTheWorld() {
    assertEquals("Hello, world!", Application.greeting(null));
    assertEquals("Hello, world!", Application.greeting("  "));
  }

  @Test
  void theGreetingNamesWhoAsks() throws Exception {
    web.perform(get("/").param("name", "Ada")).andExpect(jsonPath("$.message").value("Hello, Ada!"));
  }

  @Test
  void theHealthCheckSaysUp() throws Exception {
    web.perform(get("/actuator/health")).andExpect(status().isOk()).andExpect(jsonPath("$.status").value("UP"));
  }
}
