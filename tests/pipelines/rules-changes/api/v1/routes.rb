get "/"
